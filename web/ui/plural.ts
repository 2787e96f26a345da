// Words that depend on a number, by the rules of their language.

/** Each form that a language has of a word; `other` is the one that all of them have. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** Gives what chooses the form of a word for a number. */
export function pluralOf(locale: string): (n: number, forms: Forms) => string {
    const rules = new Intl.PluralRules(locale);
    return (n, forms) => forms[rules.select(n)] ?? forms.other;
}
