/** What this device is called on the owner's page, such as "Firefox on Android". Never sent: the full user agent. */

const BROWSERS: [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/SamsungBrowser\//, "Samsung Internet"],
  [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS/, "ChromeOS"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/Linux/, "Linux"],
];

export function deviceName(userAgent: string): string {
  return `${nameIn(BROWSERS, userAgent) ?? "A browser"} on ${nameIn(SYSTEMS, userAgent) ?? "an unknown system"}`;
}

/** A phone or a tablet: what runs on a battery, in a hand, often on a metered network. */
export function isPhone(userAgent: string): boolean {
  return /Mobi|Android|iPhone|iPad/.test(userAgent);
}

function nameIn(table: [RegExp, string][], userAgent: string): string | null {
  return table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null;
}
