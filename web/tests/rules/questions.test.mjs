// What a phone asks the server and states to it, with a server and a machine of the test's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./node/sources.mjs";

const { fromBase64, NoAnswer, Questions } = await load(
    "companion/src/engine/server/questions.ts",
    "companion/src/engine/api.ts",
    "ui/bytes.ts",
);

const ASK = {
    do: "ask",
    nonce: Uint8Array.of(7),
    step: { n: 1, after: new Uint8Array(32) },
    holding: [],
    removed: [],
    denials: [],
};

/** A machine with receipts to hand in, whose deliveries and questions are half as long each time that they are too long. */
class Machine {
    told = [];
    waiting = [];
    most = 64;

    receipts() {
        return this.waiting.slice(0, this.most);
    }

    delivered(upto) {
        this.waiting = this.waiting.filter(([number]) => number > upto);
        return [];
    }

    shorten_deliveries() {
        this.told.push("shorter deliveries");
        this.most = Math.max(this.most >> 1, 1);
    }

    shorten_question() {
        this.told.push("a shorter question");
    }

    no_answer() {
        this.told.push("no answer");
    }

    rotations() {
        return 2;
    }

    take_rotations(rotations) {
        this.told.push(`${rotations.length} rotations`);
        this.key = "the new one";
        return [];
    }

    take_batch([answer]) {
        if (answer === 9 && this.key !== "the new one") throw "another_key";
        this.told.push(`answer ${answer}`);
        return [];
    }
}

/** Questions to a server that answers each with what `answers` gives or throws. */
function phone(answers) {
    const machine = new Machine();
    const asked = [];
    const send = async (method, path, body) => {
        asked.push({ what: `${method} ${path}`, body });
        assert.ok(asked.length < 100, "it goes on for ever");
        return answers(path, body);
    };
    const questions = new Questions(
        { send, json: send },
        machine,
        async (step) => void step(),
        async () => {},
    );
    return { machine, asked, questions };
}

const bytes = (...some) => new Response(Uint8Array.from(some));
const numbered = (count) => Array.from({ length: count }, (_, at) => Uint8Array.of(at));
/** A server that takes so many receipts at once, and says no to more as a proxy would. */
const takes = (most) => (_path, body) => {
    if (body.receipts.length > most) throw new NoAnswer(413, "no_contact");
    return { taken_upto: fromBase64(body.receipts.at(-1))[0] };
};

test("what takes less at once than a phone has to say is told everything all the same, each once", async () => {
    const { machine, asked, questions } = phone(takes(2));
    machine.waiting = numbered(11);
    await questions.state();
    assert.deepEqual(
        asked.map(({ body }) => body.receipts.length),
        [11, 11, 11, 8, 4, 2, 2, 2, 2, 2, 1],
    );
    const taken = asked.slice(5).flatMap(({ body }) => body.receipts.map((one) => fromBase64(one)[0]));
    assert.deepEqual(
        taken,
        numbered(11).map(([number]) => number),
    );
    assert.ok(questions.isIdle());
});

test("one receipt that is too large is not halved, and no other refusal halves anything", async () => {
    const { machine, questions } = phone(takes(0));
    machine.waiting = numbered(1);
    await assert.rejects(questions.state(), NoAnswer);
    assert.deepEqual(machine.told, []);
    const away = phone(() => {
        throw new NoAnswer(0, "no_contact");
    });
    away.machine.waiting = numbered(5);
    await assert.rejects(away.questions.state(), NoAnswer);
    assert.deepEqual([away.machine.told, away.asked.length, away.machine.waiting.length], [[], 1, 5]);
    assert.ok(away.questions.isIdle(), "it is handed in with the next contact");
});

test("a question that is too long is asked shorter the next time, and one without an answer as it was", async () => {
    for (const [status, told] of [
        [413, "a shorter question"],
        [0, "no answer"],
        [503, "no answer"],
    ]) {
        const { machine, questions } = phone(() => {
            throw new NoAnswer(status, "no_contact");
        });
        await assert.rejects(questions.ask(ASK), NoAnswer);
        assert.deepEqual(machine.told, [told], `${status}`);
        assert.ok(!questions.isAsking());
    }
});

test("there is one question at a time, and one delivery", async () => {
    let answer;
    const { machine, asked, questions } = phone(
        () =>
            new Promise((resolve) => {
                answer = resolve;
            }),
    );
    const first = questions.ask(ASK);
    assert.ok(questions.isAsking());
    await questions.ask(ASK);
    assert.equal(asked.length, 1);
    answer(bytes(1));
    await first;
    assert.ok(!questions.isAsking());
    machine.waiting = numbered(1);
    const handing = questions.state();
    await questions.state();
    assert.equal(asked.length, 2);
    answer({ taken_upto: 0 });
    await handing;
    assert.deepEqual(machine.told, ["answer 1"]);
});

test("an answer under another key of the practice is taken once the rotations lead there, and else not", async () => {
    const { machine, asked, questions } = phone((path) =>
        path === "/v1/device/leases" ? bytes(9) : { rotations: ["AQ", "Ag"] },
    );
    await questions.ask(ASK);
    assert.deepEqual(machine.told, ["2 rotations", "answer 9"]);
    assert.equal(asked.at(-1).what, "GET /v1/device/practice-keys?after=2");
    const stranger = phone((path) => (path === "/v1/device/leases" ? bytes(9) : { rotations: [] }));
    stranger.machine.take_rotations = () => [];
    await assert.rejects(stranger.questions.ask(ASK), (error) => error === "another_key");
    assert.deepEqual(stranger.machine.told, ["no answer"]);
});
