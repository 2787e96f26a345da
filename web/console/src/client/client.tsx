// A client: who it is, and what there is of them, a tab each.

import { useState } from "preact/hooks";
import { type Case, isOver, useCase } from "../case";
import { Change } from "../change/change";
import { BackToToday } from "../parts/back";
import { Initials, Title, Waiting } from "../parts/parts";
import { go, type Tab, turn } from "../place";
import { words } from "../strings";
import { saysDay } from "../when";
import { Clips } from "./clips";
import { Letters } from "./letters";
import { ListeningTab } from "./listening";
import { Notes } from "./notes";
import { Phones } from "./phones";
import { Sessions } from "./sessions";

const TABS: Tab[] = ["clips", "sessions", "letters", "phones", "listening", "notes"];

export function ClientScreen({ client, tab }: { client: string; tab: Tab }) {
    const loaded = useCase(client);
    return (
        <div class="page">
            <BackToToday />
            <Waiting for={loaded} page>
                {(found) => <Found of={found} tab={tab} again={loaded.again} />}
            </Waiting>
        </div>
    );
}

function Found({ of, tab, again }: { of: Case; tab: Tab; again(): Promise<void> }) {
    const said = words.value.client;
    const [all, setAll] = useState(false);
    const { client, name, created_at } = of.client;
    const shared = of.releases.some((release) => !isOver(release));
    return (
        <>
            <header class="person">
                <Initials name={name} large />
                <div class="grow">
                    <Title>{name}</Title>
                    <p class="note">{said.since(saysDay(created_at, words.value))}</p>
                </div>
                {shared && (
                    <button type="button" class="button quiet" onClick={() => setAll(true)}>
                        {said.all}
                    </button>
                )}
                <button type="button" class="button" onClick={() => go({ at: "cut", client })}>
                    {said.cut}
                </button>
            </header>
            <div class="tabs" role="tablist" aria-label={said.tabsLabel}>
                {TABS.map((one) => (
                    <button
                        type="button"
                        role="tab"
                        key={one}
                        id={`tab-${one}`}
                        aria-selected={one === tab}
                        aria-controls="panel"
                        tabIndex={one === tab ? 0 : -1}
                        onClick={() => turn({ at: "client", client, tab: one })}
                        onKeyDown={(event) => steer(event, one, client)}
                    >
                        {said.tabs[one]}
                    </button>
                ))}
            </div>
            <section id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
                {tab === "clips" && <Clips of={of} again={again} />}
                {tab === "sessions" && <Sessions of={of} again={again} />}
                {tab === "letters" && <Letters of={of} />}
                {tab === "phones" && <Phones of={of} again={again} />}
                {tab === "listening" && <ListeningTab of={of} />}
                {tab === "notes" && <Notes of={of} />}
            </section>
            {all && (
                <Change
                    of={of}
                    done={() => {
                        setAll(false);
                        void again();
                    }}
                    close={() => setAll(false)}
                />
            )}
        </>
    );
}

function steer(event: KeyboardEvent, from: Tab, client: string): void {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const tab = TABS[(TABS.indexOf(from) + step + TABS.length) % TABS.length]!;
    turn({ at: "client", client, tab });
    document.getElementById(`tab-${tab}`)?.focus();
}
