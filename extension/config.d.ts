/** The origin of the proxy this build talks to until the user chooses another; written by the build. */
export const PROXY_URL: string;
/** A page that can be paid, for the first time; empty if the build names none. */
export const SAMPLE_URL: string;
