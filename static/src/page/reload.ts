/** Loads the page of a new build, and not for ever where a cache keeps the old one. */
import { openStorage } from "./keeping.ts";

const KEY = "webnn:reloaded-at";
const RESUME_KEY = "webnn:resume";
const WORKING_KEY = "webnn:working";
const QUIET_MILLISECONDS = 60_000;

/** Reloads and returns true, or returns false where that was done a moment ago. */
export function reloadOnce(resume: boolean): boolean {
  const storage = openStorage("sessionStorage");
  const last = Number(storage.getItem(KEY) ?? 0);
  if (Date.now() - last < QUIET_MILLISECONDS) return false;
  storage.setItem(KEY, String(Date.now()));
  if (resume) storage.setItem(RESUME_KEY, "1");
  location.reload();
  return true;
}

/** Whether a page's address says that its volunteer helps wherever help is needed. */
export function goesWherever(search: string): boolean {
  return new URLSearchParams(search).has("wherever");
}

/** Goes on in the page of another run, which needs this volunteer more. */
export function goOnIn(base: string, run: string): void {
  openStorage("sessionStorage").setItem(RESUME_KEY, "1");
  location.assign(`${base}/join/${encodeURIComponent(run)}?wherever`);
}

/** Notes that the volunteer has started work on a run in this tab, or ended it. */
export function keepWorking(run: string, working: boolean): void {
  const storage = openStorage("sessionStorage");
  if (working) storage.setItem(WORKING_KEY, run);
  else storage.removeItem(WORKING_KEY);
}

/** True after a reload in the middle of work on this run that the volunteer had started in this tab. */
export function takeResume(run: string): boolean {
  const storage = openStorage("sessionStorage");
  const resume = storage.getItem(RESUME_KEY) === "1";
  storage.removeItem(RESUME_KEY);
  return resume || (storage.getItem(WORKING_KEY) === run && wasReloaded());
}

/** A tab that was duplicated, or a page opened anew, has a copy of the notes too: only a reload goes on. */
function wasReloaded(): boolean {
  const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return entry?.type === "reload";
}
