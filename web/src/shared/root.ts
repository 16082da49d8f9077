/** Where the server's routes begin, for pages that are one folder deep. */
export const root = (): URL => new URL("../", location.href);
