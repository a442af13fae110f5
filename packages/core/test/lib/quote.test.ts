import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { quote, quoteList, toPrintable } from '../../src/lib/quote.ts'

describe('toPrintable', () => {
  it.each([
    'keyManagementService',
    'MoneyTransferService',
    'GET /surveyQuestionnaires/:id',
    'https://auth.example.com/realms/KeyManagement-Prod',
    'api://c0ffee00-2222-3333-4444-555555555555',
    '123456789012-abcdefghijklmnopqrstuvwx.apps.googleusercontent.com',
  ])('toPrintable returns the name %s unchanged', (name) => expect(toPrintable(name)).toBe(name))

  it.each([
    ['a JWT', createTestIssuer().token()],
    ['a JWT after Bearer', `Bearer ${createTestIssuer().token()}`],
    ['a header that begins with a space', Buffer.from('{ "alg": "ES256" }').toString('base64url')],
    [
      'a header that begins with a line break',
      Buffer.from('{\n  "alg": "ES256"\n}').toString('base64url'),
    ],
  ])("toPrintable returns '(a token)' for %s", (_, text) =>
    expect(toPrintable(text)).toBe('(a token)'),
  )

  it('toPrintable returns at most 603 characters of printable ASCII for any text, and quote returns printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const shown = toPrintable(text)
        expect(shown).toMatch(/^[\x20-\x7e]*$/)
        expect(shown.length).toBeLessThanOrEqual(100 * 6 + 3)
        expect(quote(text)).toMatch(/^(?:"[\x20-\x7e]*"|\(a token\))$/)
      }),
    )
  })
})

it('quoteList shows five entries and the number of the others', () => {
  expect(quoteList(['a', 'b'])).toBe('"a", "b"')
  expect(quoteList(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe('"a", "b", "c", "d", "e" and 2 more')
})
