// What a client shares of their listening, and what stands out in it.

import { afterEach, beforeEach, test } from "node:test";
import { Cast } from "../stage/cast.mjs";

const CLIENT = "Ben Placeholder";

let [stage, cast, desk] = [];
beforeEach(async () => {
    cast = await Cast.open();
    ({ stage } = cast);
    desk = await cast.desk();
});
afterEach(() => cast.close());

test("what is shared of listening is shown beside what was agreed; what is not, is not", async () => {
    const release = await stage.release({ planned_daily: 1 });
    await desk.signIn();
    await desk.openClient(CLIENT);
    await desk.tab("Letters");
    await desk.reads("No letters yet.");
    await desk.isAccessible();
    await desk.tab("Listened");
    await desk.reads(`${CLIENT} does not share when they listen.`);
    await desk.isAccessible();
    await stage.ask("listen", { release });
    await desk.reads("The last 21 days: 1 time on 1 day. About as agreed.");
    await desk.isAccessible();
    await desk.tab("Letters");
    await desk.reads("A longer one?");
    await desk.tab("Clips");
    await desk.tap("Change this");
    await desk.page.getByText("It stays, with less of it.").click();
    await desk.tap("Once a day from now");
    await desk.reads(/^Until .* · once a day · works offline/);
    await desk.tap("Play in the room");
    await desk.reads("Somebody heard in it has not agreed to watching together.");
    await desk.isAccessible();
});

test("at the desk it says what was seen, and nothing about why", async () => {
    const release = await stage.release({ planned_daily: 1 });
    await desk.signIn();
    const plays = [
        [12, "afternoon", 1],
        [9, "afternoon", 1],
        [3, "night", 4],
        [3, "afternoon", 2],
        [1, "afternoon", 1],
    ];
    await stage.listened(release, plays);
    await desk.openClient(CLIENT);
    await desk.tab("Listened");
    await desk.reads("Perhaps worth a conversation");
    await desk.reads(/^6 times on one day, /);
    await desk.reads("4 of 7 times this week at night.");
    await desk.page.getByRole("img", { name: "Time of day: Night 4, Morning 0, Afternoon 5, Evening 0" }).waitFor();
    await desk.isAccessible();
});
