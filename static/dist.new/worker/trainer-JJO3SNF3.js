import{g as a}from"./chunk-XSI6Q2KG.js";import"./chunk-UGVUE7YX.js";export{a as Trainer};
