/** The owner's token, which stays in this tab, and what is asked of the server with it. */
import { openStorage } from "./keeping.ts";
import { readJson } from "./watch/panel.ts";

const KEY = "webnn:owner-token";
const storage = openStorage("sessionStorage");

export const keptToken = (): string | null => storage.getItem(KEY);
export const keepToken = (token: string): void => storage.setItem(KEY, token);
export const forgetToken = (): void => storage.removeItem(KEY);

export type Method = "GET" | "POST" | "PUT";

/** Reads JSON as the owner; `body` goes as JSON. */
export function askAsOwner<Answer>(
  url: string,
  token: string,
  method: Method = "GET",
  body?: unknown,
): Promise<Answer> {
  const init: RequestInit = { method, headers: ownerHeaders(token) };
  if (body !== undefined) {
    init.headers = { ...ownerHeaders(token), "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  return readJson(url, init);
}

export const ownerHeaders = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
