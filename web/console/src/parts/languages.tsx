// The way to the other languages, on every page.

import { ALL_LANGUAGES, LANGUAGES } from "../../../ui/languages";
import { language, speak } from "../strings";

export function Languages() {
    const others = ALL_LANGUAGES.filter((one) => one !== language.value);
    return others.map((one) => (
        <button type="button" class="button quiet small" lang={one} key={one} onClick={() => speak(one)}>
            {LANGUAGES[one]}
        </button>
    ));
}
