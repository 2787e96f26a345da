// How it was listened, beside what was agreed. It describes; what it means is for two people in a room.

import type { Listening, Parts, Release, Sign } from "../api/answers";
import { get } from "../api/rest";
import type { Case } from "../case";
import { useLoaded } from "../loaded";
import { Empty, Waiting } from "../parts/parts";
import { words } from "../strings";
import { saysShortDay } from "../when";
import { Chart, type Day, PartsChart } from "./chart";

/** How many days are shown. */
const DAYS = 21;
const EVERY = 10_000;
/** A day is told by when it began for the client: its noon is on the same day in most zones that a therapist may sit in. */
const NOON = 12 * 3_600_000;

export function ListeningTab({ of }: { of: Case }) {
    const said = words.value.listening;
    const { client, name } = of.client;
    const listening = useLoaded(`listening ${client}`, () => get<Listening>(`/v1/clients/${client}/listening`), EVERY);
    return (
        <Waiting for={listening}>
            {(found) => (
                <div class="stack">
                    <h2>{said.title}</h2>
                    {!found.shared && (
                        <Empty title={said.notShared(name)}>
                            <p>{said.notSharedWords}</p>
                        </Empty>
                    )}
                    {found.shared && found.days.length === 0 && <Empty title={said.none} />}
                    {found.shared && found.days.length > 0 && <p class="note">{said.calm}</p>}
                    {found.shared &&
                        of.releases
                            .filter((release) => found.days.some((day) => day.release === release.release))
                            .map((release) => (
                                <One key={release.release} release={release} of={of} listening={found} />
                            ))}
                </div>
            )}
        </Waiting>
    );
}

function One({ release, of, listening }: { release: Release; of: Case; listening: Listening }) {
    const said = words.value.listening;
    const title = of.clips.find((clip) => clip.clip === release.clip)?.title ?? words.value.today.aClip;
    const agreed = release.terms?.planned_daily ?? undefined;
    const days = lastDays(release, listening);
    const plays = days.reduce((sum, day) => sum + day.plays, 0);
    const on = days.filter((day) => day.plays > 0).length;
    const found = listening.signs.filter((sign) => sign.release === release.release);
    const parts = partsOf(release, listening, days[0]?.day ?? "");
    const ratings = listening.ratings.filter((one) => one.release === release.release);
    return (
        <article class="card stack tight">
            <header class="row">
                <h3 class="grow">{title}</h3>
                <p class="note">{agreed ? said.agreed(agreed) : said.noAgreed}</p>
            </header>
            <p>
                {said.days(DAYS)}: {said.sum(plays, on)}. {agreed !== undefined && compare(days, agreed, release)}
            </p>
            {found.length > 0 && (
                <div class="calm card">
                    <h4>{said.signs}</h4>
                    <ul class="lines">
                        {found.map((sign) => (
                            <li key={sign.sign}>{saysSign(sign)}</li>
                        ))}
                    </ul>
                </div>
            )}
            <Chart days={days} agreed={agreed} label={said.chart(title)} />
            {parts && (
                <div>
                    <h4>{said.partsTitle}</h4>
                    <PartsChart parts={parts} label={said.partsTitle} />
                    <p class="note">{said.partsWords}</p>
                </div>
            )}
            {ratings.length > 0 && (
                <div>
                    <h4>{said.ratings}</h4>
                    <ul class="ratings">
                        {said.ratingValues.map((word, value) => {
                            const n = ratings.filter((rating) => rating.value === value).length;
                            return n > 0 && <li key={word}>{said.ratingTimes(word, n)}</li>;
                        })}
                    </ul>
                </div>
            )}
            <details>
                <summary class="note">{said.numbers}</summary>
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{said.day}</th>
                            <th scope="col">{said.plays}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {days
                            .filter((day) => day.plays > 0)
                            .map((day) => (
                                <tr key={day.day}>
                                    <td>{saysShortDay(day.day, words.value)}</td>
                                    <td>{day.plays}</td>
                                </tr>
                            ))}
                    </tbody>
                </table>
            </details>
        </article>
    );
}

function saysSign(sign: Sign): string {
    const said = words.value.listening.sign;
    switch (sign.sign) {
        case "several":
            return said.several(sign.plays, saysShortDay(clientsDay(sign.day), words.value));
        case "more":
            return said.more;
        case "night":
            return said.night(sign.nights, sign.plays);
        case "pause":
            return said.pause(sign.days);
    }
}

/** In words that ask, and do not judge: some exercises are meant to be heard every day. */
function compare(days: Day[], agreed: number, release: Release): string {
    const said = words.value.listening;
    const more = days.filter((day) => day.plays > agreed).length;
    if (more > 0) return said.more(more);
    const shared = days.filter((day) => !release.terms?.not_before || day.day >= release.terms.not_before.slice(0, 10));
    const since = shared.slice(shared.findIndex((day) => day.plays > 0));
    const plays = since.reduce((sum, day) => sum + day.plays, 0);
    return plays < (since.length * agreed) / 2 ? said.less : said.as;
}

function lastDays(release: Release, listening: Listening): Day[] {
    const mine = listening.days.filter((day) => day.release === release.release);
    const heard = new Map(mine.map((day) => [clientsDay(day.day), day]));
    return Array.from({ length: DAYS }, (_, back) => {
        const date = new Date();
        date.setDate(date.getDate() - (DAYS - 1 - back));
        const day = isoDay(date);
        return { day, plays: heard.get(day)?.plays ?? 0 };
    });
}

/** Nothing where no phone has told it. */
function partsOf(release: Release, listening: Listening, since: string): Parts | undefined {
    const parts: Parts = { night: 0, morning: 0, afternoon: 0, evening: 0 };
    const names = Object.keys(parts) as (keyof Parts)[];
    for (const day of listening.days) {
        if (day.release !== release.release || clientsDay(day.day) < since) continue;
        for (const name of names) parts[name] += day.parts[name];
    }
    return names.some((name) => parts[name] > 0) ? parts : undefined;
}

function clientsDay(began: string): string {
    return isoDay(new Date(Date.parse(began) + NOON));
}

function isoDay(date: Date): string {
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
