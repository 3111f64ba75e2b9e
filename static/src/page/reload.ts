/** Loads the page of a new build, and not for ever where a cache keeps the old one. */
import { openStorage } from "./keeping.ts";

const KEY = "webnn:reloaded-at";
const RESUME_KEY = "webnn:resume";
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

/** True once after a reload in the middle of work that the volunteer had started. */
export function takeResume(): boolean {
  const storage = openStorage("sessionStorage");
  const resume = storage.getItem(RESUME_KEY) === "1";
  storage.removeItem(RESUME_KEY);
  return resume;
}
