import { METADATA_URL } from '../configurations.ts'
import { bearer, type ContractCase, each, withCredentials } from '../contract-case.ts'
import { claiming, forged, token, USUAL_CLAIMS } from '../fixture.ts'
import {
  anonymous,
  bare401,
  forbidden,
  insufficientAuthentication,
  insufficientScope,
  invalidProof,
  invalidRequest,
  invalidToken,
  ok,
  withDpop,
  withDpopOnly,
  withMetadata,
} from '../outcomes.ts'
import { BOUND, KEY, withProof, withEachProof } from '../prove.ts'

const accepted = { configuration: "dpop.mode 'accept'" } as const
const required = { configuration: "dpop.mode 'required'" } as const
const withResource = { configuration: "dpop.mode 'accept', a resource" } as const
const twoAlgorithms = { configuration: "dpop.mode 'accept', two algorithms" } as const

const nothing = { lines: [] }
const cnf = { jkt: KEY.thumbprint }
const bound = (claims: object) => claiming({ cnf, ...claims })

/** Values of `cnf` that cannot be checked. */
const MALFORMED: Readonly<Record<string, unknown>> = {
  'a jkt that is a number': { jkt: 1 },
  'a short jkt': { jkt: 'AAAA' },
  'a padded jkt': { jkt: `${KEY.thumbprint}=` },
  'a text': KEY.thumbprint,
  'an array': [cnf],
  'an empty object': {},
  null: null,
  'an unknown member': { kid: 'x' },
  'jkt and an unknown member': { ...cnf, jwk: {} },
  'jkt and a certificate': { ...cnf, 'x5t#S256': KEY.thumbprint },
}

/** Cases for the schemes and the challenges of an API that accepts DPoP (RFC 9449 section 7). */
export const dpopChallenges: readonly ContractCase[] = [
  ...each(
    ['9449-18'],
    'refuses an unbound token with the scheme DPoP',
    withDpop(invalidToken('wrong_scheme'), 'DPoP'),
    { 'with a proof': withProof({ token: token() }), ...without(token()) },
    accepted,
  ),
  ...each(
    ['9449-19'],
    'refuses a bound token with the scheme Bearer',
    withDpop(invalidToken('wrong_scheme'), 'Bearer'),
    { 'with a proof': withProof({ scheme: 'Bearer' }), 'without a proof': bearer(BOUND) },
    accepted,
  ),
  ...Object.entries(MALFORMED).flatMap(([what, value]) => {
    const one = claiming({ cnf: value })
    const rejection = invalidToken('unsupported_binding')
    const title = 'refuses a token whose cnf cannot be checked'
    return [
      ...each(
        ['9449-20'],
        title,
        withDpop(rejection, 'DPoP'),
        { [`${what}, with the scheme DPoP`]: withProof({ token: one }) },
        accepted,
      ),
      ...each(
        ['9449-20'],
        title,
        withDpop(rejection, 'Bearer'),
        { [`${what}, with the scheme Bearer`]: bearer(one) },
        accepted,
      ),
    ]
  }),
  ...each(
    ['9449-21'],
    'puts the error into both challenges if a request has several credentials',
    withDpop(invalidRequest('multiple_credentials'), undefined),
    {
      'a Bearer line and a DPoP line': withProof({
        lines: (proof) => [`Authorization: Bearer ${token()}`, `DPoP: ${proof}`],
      }),
      'a comma between Bearer and DPoP': withCredentials(`Bearer ${token()}, DPoP ${BOUND}`),
      'a comma between DPoP and Bearer': withCredentials(`DPoP ${BOUND}, Bearer ${token()}`),
      'two DPoP lines': withProof({
        lines: (proof) => [`Authorization: DPoP ${BOUND}`, `DPoP: ${proof}`],
      }),
    },
    accepted,
  ),
  ...each(
    ['9449-22', '9449-25'],
    'responds to a request without credentials with both challenges, which contain no error',
    withDpop(bare401('no_credentials', 'read'), undefined),
    { 'no header': nothing, 'only a proof': proofAlone() },
    { ...accepted, requirements: { scope: 'read' } },
  ),
  ...each(
    ['9449-25'],
    'names the accepted algorithms in their order',
    withDpop(bare401('no_credentials'), undefined, 'ES256 PS256'),
    { 'no header': nothing },
    twoAlgorithms,
  ),
  ...each(
    ['9449-22'],
    'responds to an unsupported scheme with 401 and both challenges',
    withDpop(bare401('unsupported_scheme'), undefined),
    { Basic: withCredentials('Basic dXNlcjpwYXNzd29yZA==') },
    accepted,
  ),
  {
    ids: [],
    title: 'treats a request without credentials as anonymous, even if it has a proof',
    ...accepted,
    requirements: { optional: true },
    request: proofAlone(),
    outcome: anonymous(),
  },
  ...each(
    ['9449-23'],
    'puts the error about a Bearer token only into the Bearer challenge',
    withDpop(invalidToken('invalid_signature'), 'Bearer'),
    { 'a forged token': forged(token()) },
    accepted,
  ),
  ...each(
    ['9449-23'],
    'puts the error about malformed Bearer credentials only into the Bearer challenge',
    withDpop(invalidRequest('malformed_credentials'), 'Bearer'),
    { 'no token': withCredentials('Bearer'), 'two words': withCredentials('Bearer a b') },
    accepted,
  ),
  ...each(
    ['9449-24'],
    'puts the error about a token with the scheme DPoP only into the DPoP challenge',
    withDpop(invalidToken('expired'), 'DPoP'),
    { 'an expired token': withProof({ token: bound({ exp: 1 }) }) },
    accepted,
  ),
  ...each(
    ['9449-24'],
    'puts the error about malformed DPoP credentials only into the DPoP challenge',
    withDpop(invalidRequest('malformed_credentials'), 'DPoP'),
    { 'no token': withCredentials('DPoP'), 'two words': withCredentials('DPoP a b') },
    accepted,
  ),
  ...each(
    ['9449-24'],
    'adds the address of the metadata to both challenges if a proof is invalid',
    withDpop(withMetadata(invalidProof('invalid_proof'), METADATA_URL), 'DPoP'),
    withEachProof({ 'another method': { proof: { claims: { htm: 'POST' } } } }),
    withResource,
  ),
  ...each(
    ['9449-23'],
    'adds the address of the metadata only to the Bearer challenge if a Bearer token is invalid',
    withDpop(withMetadata(invalidToken('expired'), METADATA_URL), 'Bearer'),
    { 'an expired token': claiming({ exp: 1 }) },
    withResource,
  ),
  ...each(
    [],
    'names the missing scope in the challenge of the scheme DPoP',
    withDpop(insufficientScope('write'), 'DPoP'),
    { 'another scope': withProof() },
    { ...accepted, requirements: { scope: 'write' } },
  ),
  ...each(
    [],
    'refuses a bound token of a client that is not in the list, and puts the realm into the DPoP challenge, too',
    withDpop(forbidden('wrong_client'), 'DPoP'),
    { 'another client': withProof() },
    { ...accepted, requirements: { clients: ['web'] } },
  ),
  ...each(
    ['9470-08'],
    'refuses a bound token without acr, and asks for another authentication in the DPoP challenge',
    withDpop(
      insufficientAuthentication({ acr: 'urn:mfa', maxAge: 300, metadata: METADATA_URL }),
      'DPoP',
    ),
    {
      'a token without acr': withProof({
        token: bound({ ...USUAL_CLAIMS, sub: 'alice', client_id: 'web' }),
      }),
    },
    { ...withResource, requirements: { acr: 'urn:mfa', maxAuthAge: 300 } },
  ),
  ...each(
    ['9449-26'],
    'responds with 401 to a bound token that is only in Proxy-Authorization',
    withDpop(bare401('no_credentials'), undefined),
    {
      'a bound token': (serverUrl, path) => {
        const { lines } = withProof()(serverUrl, path)
        return { lines: [`Proxy-${lines[0]}`, ...lines.slice(1)] }
      },
    },
    accepted,
  ),

  ...each(
    ['9449-50'],
    'refuses the scheme Bearer if DPoP is required, and sends only a DPoP challenge',
    withDpopOnly(withMetadata(bare401('unsupported_scheme'), METADATA_URL)),
    {
      'an unbound token': token(),
      'a bound token': bearer(BOUND),
      'a bound token with a proof': withProof({ scheme: 'Bearer' }),
    },
    required,
  ),
  ...each(
    ['9449-50'],
    'sends only a DPoP challenge to a request without credentials if DPoP is required',
    withDpopOnly(withMetadata(bare401('no_credentials'), METADATA_URL)),
    { 'no header': nothing },
    required,
  ),
  ...each(
    ['9449-50'],
    'refuses an unbound token with the scheme DPoP if DPoP is required',
    withDpopOnly(withMetadata(invalidToken('wrong_scheme'), METADATA_URL)),
    { 'with a proof': withProof({ token: token() }) },
    required,
  ),
  ...each(
    ['9449-50'],
    'grants a bound token with a proof if DPoP is required',
    ok({ bindings: ['dpop'] }),
    { 'a valid proof': withProof() },
    required,
  ),
  ...each(
    [],
    'refuses an unbound token if the guard has the requirement bound',
    withDpop(invalidToken('unbound_token'), 'Bearer'),
    { 'a Bearer token': token() },
    { ...accepted, requirements: { bound: true } },
  ),
  ...each(
    [],
    'grants a bound token if the guard has the requirement bound',
    ok({ bindings: ['dpop'] }),
    { 'a valid proof': withProof() },
    { ...accepted, requirements: { bound: 'dpop' } },
  ),
  ...each(
    ['9449-51'],
    'grants an unbound Bearer token, and ignores a DPoP header in the same request',
    ok({ bindings: [] }),
    {
      'no DPoP header': token(),
      'a proof': withProof({ scheme: 'Bearer', token: token() }),
      'a text that is not a proof': withProof({
        scheme: 'Bearer',
        token: token(),
        lines: () => ['DPoP: garbage', 'DPoP: a.b.c'],
      }),
    },
    accepted,
  ),
]

/** Returns a request with the scheme DPoP and without a proof. */
function without(one: string) {
  return { 'without a proof': withCredentials(`DPoP ${one}`) }
}

/** Returns a request with a proof and without a token. */
function proofAlone(): ReturnType<typeof withProof> {
  return (serverUrl, path) => ({ lines: withProof()(serverUrl, path).lines.slice(1) })
}
