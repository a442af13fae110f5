import { KEYS } from '../fixture.ts'
import { spoilt } from './document-case.ts'

/** A JWKS that must not be used, and must not replace a good one. */
export interface UnusableDocument {
  readonly ids: readonly string[]
  readonly title: string
  readonly text: string
  readonly failure: 'unusable_key_set' | 'malformed'
}

const good = KEYS.es256.jwk
const goodText = JSON.stringify({ keys: [good] })

export const unusableDocuments: readonly UnusableDocument[] = [
  ...all(['7517-18'], 'unusable_key_set', {
    'has no keys': '{}',
    'has an object for keys': JSON.stringify({ keys: { 0: good } }),
    'has null for keys': '{"keys":null}',
    'has a string for keys': '{"keys":"x"}',
    'is a single key': JSON.stringify(good),
  }),
  ...all(['7517-18'], 'malformed', { 'is an array of keys': JSON.stringify([good]) }),
  ...all(['7517-20'], 'malformed', {
    'has a key with a duplicate member': goodText.replace('"kty"', '"kty":"RSA","kty"'),
    'has a key with a duplicate member in two spellings': goodText.replace(
      '"kty"',
      '"\\u006bty":"RSA","kty"',
    ),
    'has a duplicate keys member': goodText.replace('{', '{"keys":[],'),
  }),
  ...all([], 'unusable_key_set', {
    'has an empty keys array': '{"keys":[]}',
    'has no usable key': JSON.stringify({ keys: [spoilt({ use: 'enc' }), null] }),
    'has more than 100 keys': JSON.stringify({ keys: Array.from({ length: 101 }, () => good) }),
  }),
  ...all([], 'malformed', {
    'is not JSON': '<html></html>',
    'is empty': '',
    'begins with a byte order mark': `\ufeff${goodText}`,
  }),
]

function all(
  ids: readonly string[],
  failure: UnusableDocument['failure'],
  texts: Readonly<Record<string, string>>,
): readonly UnusableDocument[] {
  return Object.entries(texts).map(([title, text]) => ({ ids, title, text, failure }))
}
