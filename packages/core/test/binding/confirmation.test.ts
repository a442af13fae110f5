import { expect, it } from 'vitest'
import { checkConfirmation } from '../../src/binding/confirmation.ts'
import { verdictOf } from '../support/refusal.ts'

const UNSUPPORTED = 'unsupported_binding: 401 invalid_token'

it('passes a token without cnf', () => {
  expect(checkConfirmation({ sub: 'a', CNF: {} })).toBeUndefined()
})

it.each([
  { jkt: 1 },
  'x',
  [],
  {},
  { unknown: 1 },
  { jkt: '' },
  { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  { jwk: {} },
  { kid: 'x' },
  { 'x5t#S256': ['x'] },
  { jkt: 'x', 'x5t#S256': 'x' },
  null,
  false,
  '',
  0,
])('9449-20: refuses a token that is bound, or seems to be: cnf %j', (cnf) => {
  expect(verdictOf(checkConfirmation({ sub: 'a', cnf }))).toBe(UNSUPPORTED)
})

it('8705-10: refuses a token that is bound to a certificate', () => {
  const cnf = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }
  expect(verdictOf(checkConfirmation({ cnf }))).toBe(UNSUPPORTED)
})

it('repeats nothing of the binding in its explanation', () => {
  expect(JSON.stringify(checkConfirmation({ cnf: 's3cret' }))).not.toContain('s3cret')
})
