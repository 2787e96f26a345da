// Setting a practice up, by whoever has the code that the server has made: the practice and its first therapist, then the
// authenticator, which proves itself before anything is stored.

import { useState } from "preact/hooks";
import { Field } from "../../../ui/parts";
import { post, Refusal } from "../api/rest";
import { Languages } from "../parts/languages";
import { saysTrouble, useDoing } from "../parts/parts";
import { Picture } from "../parts/picture";
import { away, lastEmail } from "../session";
import { words } from "../strings";

const PASSWORD_MIN = 15;

interface Form {
    code: string;
    practice: string;
    contact: string;
    crisis: string;
    name: string;
    email: string;
    password: string;
}

export function SetUp({ zone, done }: { zone: string; done(): void }) {
    const said = words.value.setUp;
    const [form, setForm] = useState<Form>({
        code: "",
        practice: "",
        contact: "",
        crisis: "",
        name: "",
        email: "",
        password: "",
    });
    const [otpauth, setOtpauth] = useState<string | undefined>();
    return (
        <main class="door">
            <div class="stack loose wider">
                <div class="mark">
                    <img src="/console/icon.svg" alt="" width="52" height="52" />
                </div>
                <h1>{said.title}</h1>
                {otpauth === undefined ? (
                    <Practice
                        form={form}
                        change={(to) => setForm({ ...form, ...to })}
                        zone={zone}
                        prepared={setOtpauth}
                        done={done}
                    />
                ) : (
                    <Authenticator form={form} otpauth={otpauth} back={() => setOtpauth(undefined)} done={done} />
                )}
                <div class="at-end">
                    <Languages />
                </div>
            </div>
        </main>
    );
}

function Practice({
    form,
    change,
    zone,
    prepared,
    done,
}: {
    form: Form;
    change(to: Partial<Form>): void;
    zone: string;
    prepared(otpauth: string): void;
    done(): void;
}) {
    const { setUp: said, signIn } = words.value;
    const { busy, trouble, run, say } = useDoing();
    const submit = (event: Event) => {
        event.preventDefault();
        if (form.password.length < PASSWORD_MIN) return say(said.passwordShort);
        run(async () => {
            try {
                const { otpauth } = await post<{ otpauth: string }>("/v1/set-up", {
                    ...form,
                    email: form.email.trim(),
                });
                prepared(otpauth);
            } catch (error) {
                if (error instanceof Refusal && error.code === "conflict") return done();
                say(saysNo(error));
            }
        });
    };
    const needed = { required: "true", maxlength: "200" };
    return (
        <form class="stack loose" onSubmit={submit}>
            <p>{said.words}</p>
            <Field
                label={said.code}
                hint={said.codeHint}
                value={form.code}
                change={(code) => change({ code })}
                attributes={{ ...needed, autocomplete: "off", autocapitalize: "characters", spellcheck: "false" }}
            />
            <fieldset class="stack">
                <legend class="h2">{said.practice}</legend>
                <Field
                    label={said.practiceName}
                    value={form.practice}
                    change={(practice) => change({ practice })}
                    attributes={{ ...needed, autocomplete: "organization" }}
                />
                <Field
                    label={said.contact}
                    hint={said.contactHint}
                    value={form.contact}
                    change={(contact) => change({ contact })}
                    attributes={needed}
                />
                <Field
                    label={said.crisis}
                    hint={said.crisisHint}
                    value={form.crisis}
                    change={(crisis) => change({ crisis })}
                    attributes={{ ...needed, inputmode: "tel" }}
                />
                <p class="note">{said.zone(zone)}</p>
            </fieldset>
            <fieldset class="stack">
                <legend class="h2">{said.you}</legend>
                <Field
                    label={said.name}
                    value={form.name}
                    change={(name) => change({ name })}
                    attributes={{ ...needed, autocomplete: "name" }}
                />
                <Field
                    label={signIn.email}
                    value={form.email}
                    change={(email) => change({ email })}
                    attributes={{ ...needed, type: "email", autocomplete: "username" }}
                />
                <Field
                    label={signIn.password}
                    hint={said.passwordHint}
                    value={form.password}
                    change={(password) => change({ password })}
                    attributes={{ type: "password", autocomplete: "new-password", required: "true" }}
                />
            </fieldset>
            <p class="says" role="alert">
                {trouble}
            </p>
            <button type="submit" class="button wide" disabled={busy}>
                {busy ? signIn.going : said.next}
            </button>
        </form>
    );
}

function Authenticator({ form, otpauth, back, done }: { form: Form; otpauth: string; back(): void; done(): void }) {
    const { setUp: said, signIn } = words.value;
    const [digits, setDigits] = useState("");
    const { busy, trouble, run, say } = useDoing();
    const submit = (event: Event) => {
        event.preventDefault();
        run(async () => {
            try {
                await post("/v1/set-up/proof", { code: form.code, digits: digits.replaceAll(/\s/g, "") });
                lastEmail.value = form.email.trim();
                away.value = "setUp";
                done();
            } catch (error) {
                if (error instanceof Refusal && error.code === "conflict") return done();
                setDigits("");
                say(saysNo(error));
            }
        });
    };
    const secret = new URL(otpauth).searchParams.get("secret") ?? "";
    return (
        <form class="stack loose" onSubmit={submit}>
            <p>{said.authenticator}</p>
            <div class="secret">
                <Picture text={otpauth} label={said.picture} />
                <div class="stack tight">
                    <p class="note">{said.byHand}</p>
                    <p class="code small">{secret.match(/.{1,4}/g)?.join(" ")}</p>
                    <p class="note">{said.once}</p>
                </div>
            </div>
            <Field
                label={said.digits}
                hint={signIn.codeHint}
                value={digits}
                change={setDigits}
                attributes={{ inputmode: "numeric", autocomplete: "one-time-code", required: "true", maxlength: "7" }}
            />
            <p class="says" role="alert">
                {trouble}
            </p>
            <footer class="row at-end">
                <button type="button" class="button quiet" onClick={back}>
                    {said.back}
                </button>
                <button type="submit" class="button" disabled={busy}>
                    {said.finish}
                </button>
            </footer>
        </form>
    );
}

function saysNo(error: unknown): string {
    const said = words.value.setUp;
    if (!(error instanceof Refusal)) return saysTrouble(error);
    switch (error.code) {
        case "code_not_valid":
            return said.codeNo;
        case "proof_not_right":
            return said.digitsNo;
        case "out_of_bounds":
            return error.field === "password" ? said.passwordGuessed : said.doesNotFit;
        default:
            return saysTrouble(error);
    }
}
