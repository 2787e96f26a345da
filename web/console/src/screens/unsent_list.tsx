// ChangeKind was decided and is not sent yet: each can be taken back, and what the server refused waits for somebody to decide.

import { saysUnsent } from "../decisions/says_unsent";
import { canBeTakenBack, takeBack, tryAgain, type Unsent, unsent } from "../decisions/unsent";
import { Initials } from "../parts/parts";
import { go } from "../place";
import { session } from "../session";
import { mend, type Outgoing } from "../share/outgoing";
import { words } from "../strings";
import { saysWhen } from "../when";

export function UnsentList() {
    const said = words.value.unsent;
    if (unsent.value.length === 0) return null;
    return (
        <section class="stack tight">
            <h2>{said.title}</h2>
            <p class="note">{session.value?.offline ? said.signIn : said.soon}</p>
            <ul class="duties">
                {unsent.value.map((one) => (
                    <li key={one.id}>
                        <Line one={one} />
                    </li>
                ))}
            </ul>
        </section>
    );
}

function Line({ one }: { one: Unsent }) {
    const said = words.value.unsent;
    return (
        <div class="duty wrap">
            <Initials name={one.name} />
            <div class="grow">
                <p>
                    <b>{one.name}</b> {saysUnsent(one.says)}
                </p>
                <p class="note">
                    {one.state === "refused"
                        ? saysRefused(one.code)
                        : one.state === "sending"
                          ? said.sending
                          : one.triedAt !== undefined
                            ? said.tried
                            : said.decided(saysWhen(one.decidedAt, words.value))}
                </p>
            </div>
            {one.state === "refused" && (
                <button
                    type="button"
                    class="button quiet"
                    onClick={() => go({ at: "client", client: one.client, tab: "clips" })}
                >
                    {said.look}
                </button>
            )}
            {one.state === "refused" && one.share?.draft && (
                <button type="button" class="button quiet" onClick={() => void mendKept(one, one.share as Outgoing)}>
                    {words.value.outgoing.mend}
                </button>
            )}
            {one.state === "refused" && (
                <button type="button" class="button soft" onClick={() => void tryAgain(one.id)}>
                    {words.value.trouble.again}
                </button>
            )}
            {canBeTakenBack(one) && (
                <button type="button" class="button quiet" onClick={() => void takeBack(one.id)}>
                    {one.state === "refused" ? said.leave : words.value.outgoing.undo}
                </button>
            )}
        </div>
    );
}

/** It leaves this list for its form, and is kept again from there. */
async function mendKept(one: Unsent, share: Outgoing): Promise<void> {
    await takeBack(one.id);
    mend({ ...share, code: one.code });
}

function saysRefused(code: string | undefined): string {
    const { refused } = words.value.unsent;
    return code && code in refused.known
        ? refused.known[code as keyof typeof refused.known]
        : refused.other(code ?? "");
}
