/** The origin of the proxy this build talks to until the user chooses another; written by the build. */
export const PROXY_URL: string;
