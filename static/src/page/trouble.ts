/** What went wrong, in words. */
export const wordsOf = (error: unknown): string => {
  // Where nothing answers, a browser says no more than that, each in words of its own.
  if (error instanceof TypeError) return "The server cannot be reached. Try again in a moment.";
  return error instanceof Error ? error.message : String(error);
};
