import { bearer, type CaseRequest, type ContractCase, each } from '../contract-case.ts'
import { claiming, token } from '../fixture.ts'
import { anonymous, bare401, invalidRequest, invalidToken, ok } from '../outcomes.ts'

const T = token()
const BOUND = claiming({ cnf: { jkt: 'A'.repeat(43) } })

const inHeader = { configuration: 'a token in a header' } as const
const byFunction = { configuration: 'a token by a function' } as const
const anyone = { requirements: { optional: true } }

const lines = (...all: string[]): CaseRequest => ({ lines: all })
const asserted = (value: string) => lines(`X-Gateway-Assertion: ${value}`)
const session = (value: string) => lines(`Cookie: theme=dark; session=${value}`)

/** Tokens that stand where the option `credentials` says. */
export const credentialsElsewhere: readonly ContractCase[] = [
  ...each(
    [],
    'takes the token alone from the header that is named',
    ok(),
    {
      'as it stands': asserted(T),
      'a name in another case': lines(`x-gateway-ASSERTION: ${T}`),
    },
    inHeader,
  ),
  ...each(
    [],
    'refuses Authorization beside the header that is named',
    invalidRequest('multiple_credentials'),
    {
      'the same token': lines(`X-Gateway-Assertion: ${T}`, `Authorization: Bearer ${T}`),
      'another scheme': lines(`X-Gateway-Assertion: ${T}`, 'Authorization: Basic YTpi'),
      'two lines': lines(`X-Gateway-Assertion: ${T}`, `X-Gateway-Assertion: ${T}`),
      'a comma': asserted(`${T}, ${T}`),
    },
    inHeader,
  ),
  ...each(
    [],
    'takes no token from Authorization, and grants nobody who has sent one there',
    bare401('unsupported_scheme'),
    { 'a good one': bearer(T), Basic: lines('Authorization: Basic YTpi') },
    { ...inHeader, ...anyone },
  ),
  ...each(
    [],
    'refuses what is no token in the header that is named',
    invalidRequest('malformed_credentials'),
    {
      'a scheme in front': asserted(`Bearer ${T}`),
      'nothing in it': asserted(''),
      'two words': asserted('a b'),
    },
    { ...inHeader, ...anyone },
  ),
  ...each(
    [],
    'asks for a token where the header that is named is not there',
    bare401('no_credentials'),
    { 'no header': lines(), 'a similar header': lines(`X-Gateway-Assertion-2: ${T}`) },
    inHeader,
  ),
  ...each(
    [],
    'takes nobody for anonymous without the header',
    anonymous(),
    { 'no header': lines() },
    {
      ...inHeader,
      ...anyone,
    },
  ),

  ...each(
    [],
    'takes the token that a function returns',
    ok(),
    { 'a cookie': session(T) },
    byFunction,
  ),
  ...each(
    [],
    'leaves it to the function which token counts',
    ok(),
    { 'with Authorization': lines(`Cookie: session=${T}`, 'Authorization: Bearer a') },
    byFunction,
  ),
  ...each(
    [],
    'asks for a token where the function returns none',
    bare401('no_credentials'),
    { 'no cookie': lines(), Authorization: bearer(T) },
    byFunction,
  ),
  ...each(
    [],
    'refuses what is no token and comes from a function',
    invalidRequest('malformed_credentials'),
    { 'nothing in it': session(''), 'a scheme': session(`Bearer ${T}`) },
    { ...byFunction, ...anyone },
  ),
  ...each(
    [],
    'refuses a bound token',
    invalidToken('unsupported_binding'),
    { bound: asserted(BOUND) },
    inHeader,
  ),
  ...each(
    [],
    'refuses a bound token',
    invalidToken('unsupported_binding'),
    { bound: session(BOUND) },
    byFunction,
  ),
]
