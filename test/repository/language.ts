import type { Text } from './texts.ts'

/** Sentences have at most this many words, so that they are understood at first reading. */
export const WORDS = 25

/** Words to avoid, and the advice about each of them. */
const AVOIDED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(?:nobody|anybody|somebody|whoever|no one)\b/i, 'name the person or the code'],
  [/\b(?:he|she|him|her|his|hers)\b/i, 'they'],
  [/(?<!there )\b(?:is|are|was|were|be) no (?!longer\b|more than\b)/i, 'is not a'],
  [/\b(?:cannot|can not|could not) be had\b/i, 'is unavailable'],
  [/\bheld against\b/i, 'rejected, or compared with'],
  [/\banew\b/i, 'again'],
  [
    /\b(?:sought|heed(?:s|ed)?|lest|thereof|therein|hence|oneself|withal|albeit)\b/i,
    'a plain word',
  ],
  [/\b(?:doubt(?:s|ed|ful)?)\b/i, 'suspect, or check again'],
  [
    /\b(?:verdicts?|doorkeepers?|footprints?|patience|forgery|forgeries|findings?)\b/i,
    'the word in docs/glossary.md',
  ],
  [/\bthrough and through\b|\bof its own accord\b|\bone's own\b|\bgone by\b/i, 'a plain word'],
  [/\b(?:is|are) told\b|\btold apart\b/i, 'is called, or is distinguished'],
  [/\bwhat is (?:told|said|left|given|read|known|taken|thrown)\b/i, 'a noun'],
  [/\balso (?:if|when|while|during|after|for|in) /i, 'even if, or including'],
  [/\b(?:an)?other [a-z]+s? than\b/i, 'X that is not Y, or X other than Y'],
  [/\b(?:must|has to) be \w+ before[.,:;)]/i, 'earlier, or before a noun'],
  [/\bown function\b|\bas by\b|\bof which [^.]*\bwhether\b/i, 'a plain sentence'],
  [/\bfor the rest\b|\bat all events\b|\bas it were\b|\bby and by\b/i, 'nothing'],
]

const HEADLESS = /^(?:what|who|whose|whom|where|whether|whichever|whatever|how)\b/i
/** First words that a docstring must not have. */
const NOT_A_VERB_OR_NOUN =
  /^(?:what|who|whose|where|whether|which|how|when|if|is|are|was|has|have|had|can|may|must|does|do|it|they|as|by|for|of|to|with|not|also)\b/i
/** First words of a test title that depends on its group. */
const NEEDS_ITS_GROUP =
  /^(?:is|are|was|were|has|have|had|does|do|can|may|must|it|they|them|its|their|and|or|but|where|what|who|whether|how|if|not|never|neither|no|none|nothing|nobody|all|both|each|as|by|for|in|of|to|with|without|only|also|even|there)\b/i

/** Returns a message for each violation of the language rules in a text. */
export function findFaults({ kind, text }: Text): string[] {
  const faults: string[] = []
  const plain = withoutCode(text)
  for (const [pattern, instead] of AVOIDED) {
    const found = pattern.exec(plain)
    if (found) faults.push(`"${found[0]}": instead: ${instead}`)
  }
  if (kind === 'title') {
    const title = text.replace(/^(?:[\w-]+-\d+\w*,? ?(?:and )?)+: /, '')
    if (NEEDS_ITS_GROUP.test(title)) faults.push('a title that needs the title of its group')
    if (/ where (?!to\b)/.test(title)) faults.push('"where" for a condition: instead: if or when')
    return faults
  }
  if (kind === 'docstring' && NOT_A_VERB_OR_NOUN.test(plain))
    faults.push('a docstring begins with a verb or a noun')
  for (const sentence of toSentences(plain)) {
    const words = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length
    if (kind !== 'message' && words > WORDS) faults.push(`${words} words: ${sentence}`)
    if (kind !== 'message' && HEADLESS.test(sentence) && !sentence.endsWith('?'))
      faults.push(`no subject: ${sentence}`)
  }
  return faults
}

/** Replaces code by one word, and links by their text. */
function withoutCode(text: string): string {
  return text
    .replaceAll(/``.+?``|`[^`]*`/g, 'CODE')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/\{@link [^}]*\}/g, 'CODE')
}

function toSentences(text: string): readonly string[] {
  return text.split(/(?<=[.!?:][)"*]*)\s+(?=[A-Z"(*[])/)
}
