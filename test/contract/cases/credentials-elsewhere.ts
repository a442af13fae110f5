import { bearer, type CaseRequest, type ContractCase, each } from '../contract-case.ts'
import { claiming, token } from '../fixture.ts'
import { anonymous, bare401, invalidRequest, invalidToken, ok } from '../outcomes.ts'

const T = token()
const BOUND = claiming({ cnf: { jkt: 'A'.repeat(43) } })

const inHeader = { configuration: 'a token in a header' } as const
const byFunction = { configuration: 'a token from a function' } as const
const optional = { requirements: { optional: true } }

const lines = (...all: string[]): CaseRequest => ({ lines: all })
const asserted = (value: string) => lines(`X-Gateway-Assertion: ${value}`)
const session = (value: string) => lines(`Cookie: theme=dark; session=${value}`)

/** Cases for tokens that are read as the option `credentials` configures. */
export const credentialsElsewhere: readonly ContractCase[] = [
  ...each(
    [],
    'accepts a token without a scheme in the configured header',
    ok(),
    {
      'the token alone': asserted(T),
      'a header name in another case': lines(`x-gateway-ASSERTION: ${T}`),
    },
    inHeader,
  ),
  ...each(
    [],
    'refuses two sets of credentials if one set is in the configured header',
    invalidRequest('multiple_credentials'),
    {
      'Authorization with the same token': lines(
        `X-Gateway-Assertion: ${T}`,
        `Authorization: Bearer ${T}`,
      ),
      'Authorization with another scheme': lines(
        `X-Gateway-Assertion: ${T}`,
        'Authorization: Basic YTpi',
      ),
      'two lines of the configured header': lines(
        `X-Gateway-Assertion: ${T}`,
        `X-Gateway-Assertion: ${T}`,
      ),
      'two tokens with a comma': asserted(`${T}, ${T}`),
    },
    inHeader,
  ),
  ...each(
    [],
    'refuses an Authorization header if the configured header is missing, even behind an optional guard',
    bare401('unsupported_scheme'),
    { 'a valid token': bearer(T), Basic: lines('Authorization: Basic YTpi') },
    { ...inHeader, ...optional },
  ),
  ...each(
    [],
    'refuses a value of the configured header that is not a token, even behind an optional guard',
    invalidRequest('malformed_credentials'),
    {
      'a token with a scheme': asserted(`Bearer ${T}`),
      'an empty value': asserted(''),
      'two words': asserted('a b'),
    },
    { ...inHeader, ...optional },
  ),
  ...each(
    [],
    'responds with 401 if the configured header is missing',
    bare401('no_credentials'),
    { 'no header': lines(), 'a header with a similar name': lines(`X-Gateway-Assertion-2: ${T}`) },
    inHeader,
  ),
  ...each(
    [],
    'treats a request without the configured header as anonymous behind an optional guard',
    anonymous(),
    { 'no header': lines() },
    {
      ...inHeader,
      ...optional,
    },
  ),

  ...each(
    [],
    'accepts the token that the credentials function returns',
    ok(),
    { 'from a cookie': session(T) },
    byFunction,
  ),
  ...each(
    [],
    'grants the token of the credentials function, and ignores Authorization',
    ok(),
    { 'a cookie and Authorization': lines(`Cookie: session=${T}`, 'Authorization: Bearer a') },
    byFunction,
  ),
  ...each(
    [],
    'responds with 401 if the credentials function returns no token',
    bare401('no_credentials'),
    { 'no cookie': lines(), Authorization: bearer(T) },
    byFunction,
  ),
  ...each(
    [],
    'refuses a value of the credentials function that is not a token, even behind an optional guard',
    invalidRequest('malformed_credentials'),
    { 'an empty value': session(''), 'a token with a scheme': session(`Bearer ${T}`) },
    { ...byFunction, ...optional },
  ),
  ...each(
    [],
    'rejects a bound token',
    invalidToken('unsupported_binding'),
    { 'with cnf': asserted(BOUND) },
    inHeader,
  ),
  ...each(
    [],
    'rejects a bound token',
    invalidToken('unsupported_binding'),
    { 'with cnf': session(BOUND) },
    byFunction,
  ),
]
