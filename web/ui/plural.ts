// Words that depend on a number, by the rules of their language.

/** Each form that a language has of a word; `other` is the one that all of them have. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Gives what chooses the form of a word for a number. */
export function pluralOf(locale: string): (n: number, forms: Forms) => string {
    const rules = new Intl.PluralRules(locale);
    return (n, forms) => forms[rules.select(n)] ?? forms.other;
}

/** Gives the same for a word that stands behind its number, but for the one: "once", "3 times". */
export function countOf(locale: string): (n: number, one: string, many: string) => string {
    const plural = pluralOf(locale);
    return (n, one, many) => plural(n, { one, other: `${n} ${many}` });
}
