// The only programs that may be loaded by their name: what draws a recording's sound, and what serves this page without a
// network. One policy for both, for the page may have no second of that name.

declare const trustedTypes:
    | undefined
    | {
          createPolicy(
              name: string,
              rules: { createScriptURL(url: string): string },
          ): { createScriptURL(url: string): string };
      };

export const OFFLINE_WORKER = "/console/sw.js";
const PEAKS = /^\/console\/assets\/peaks\.worker-[\w-]+\.js$/;

function ours(url: string): string {
    if (url !== OFFLINE_WORKER && !PEAKS.test(url)) throw new TypeError("no other program");
    return url;
}

const policy =
    typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy("refrain", { createScriptURL: ours });

export function trusted(url: string): string {
    return policy ? policy.createScriptURL(url) : ours(url);
}
