// The only places from which a program may be loaded by its name. An app has one policy: the page may have no second of
// that name.

interface Policy {
    createScriptURL(url: string): string;
}

declare const trustedTypes: undefined | { createPolicy(name: string, rules: Policy): Policy };

/** Gives what makes an address one that the browser loads a program from; every address but `ours` is refused. */
export function onlyPrograms(isOurs: (url: string) => boolean): (url: string) => string {
    const createScriptURL = (url: string) => {
        if (!isOurs(url)) throw new TypeError("no other program");
        return url;
    };
    const policy =
        typeof trustedTypes === "undefined"
            ? { createScriptURL }
            : trustedTypes.createPolicy("refrain", { createScriptURL });
    return (url) => policy.createScriptURL(url);
}
