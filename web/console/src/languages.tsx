// The way to another language, on every page.

import { language, speak } from "./strings";

export function Languages() {
    const other = language.value === "en" ? "de" : "en";
    const name = other === "en" ? "English" : "Deutsch";
    return (
        <button type="button" class="button quiet small" lang={other} onClick={() => speak(other)}>
            {name}
        </button>
    );
}
