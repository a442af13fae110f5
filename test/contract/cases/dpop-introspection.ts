import { generateProofKey } from '../../support/proofs.ts'
import { toOpaqueToken } from '../configurations.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { invalidProof, invalidToken, ok, withDpop } from '../outcomes.ts'
import { KEY, withProof } from '../prove.ts'

const both = { configuration: "dpop.mode 'accept', both kinds of token" } as const

const opaque = (response: object) => toOpaqueToken(JSON.stringify(response))
const cnf = { jkt: KEY.thumbprint }
const bound = opaque({ cnf })
const boundWithType = opaque({ cnf, token_type: 'DPoP' })
const unsupported = invalidToken('unsupported_binding')

/** Cases for opaque tokens that are bound to a key by their introspection response (RFC 9449 section 6.2). */
export const dpopIntrospection: readonly ContractCase[] = [
  ...each(
    ['7662-16'],
    'grants an opaque token with a proof of the key in its introspection response',
    ok({ verifiedBy: 'introspection', bindings: ['dpop'] }),
    {
      'only cnf': withProof({ token: bound }),
      'cnf and token_type DPoP': withProof({ token: boundWithType }),
      'token_type in lower case': withProof({ token: opaque({ cnf, token_type: 'dpop' }) }),
    },
    both,
  ),
  ...each(
    ['7662-16'],
    'refuses an opaque token with a proof whose key is not the key in its introspection response',
    withDpop(invalidToken('wrong_proof_key'), 'DPoP'),
    { 'another key': withProof({ token: bound, proof: { key: generateProofKey() } }) },
    both,
  ),
  ...each(
    ['7662-16'],
    'refuses an opaque token without a proof if its introspection response contains a key',
    withDpop(invalidProof('no_proof'), 'DPoP'),
    { 'no proof': withProof({ token: bound, lines: () => [] }) },
    both,
  ),
  ...each(
    ['7662-15', '7662-16'],
    'refuses a bound opaque token with the scheme Bearer',
    withDpop(invalidToken('wrong_scheme'), 'Bearer'),
    {
      'only cnf': bearer(bound),
      'cnf and token_type DPoP': bearer(boundWithType),
      'cnf and token_type Bearer': bearer(opaque({ cnf, token_type: 'Bearer' })),
    },
    both,
  ),
  ...each(
    ['7662-15'],
    'refuses an opaque token of token_type DPoP without a key, with the scheme Bearer',
    withDpop(unsupported, 'Bearer'),
    { 'no cnf': bearer(opaque({ token_type: 'DPoP' })) },
    both,
  ),
  ...each(
    ['7662-15'],
    'refuses an opaque token of token_type DPoP without a key, with the scheme DPoP',
    withDpop(unsupported, 'DPoP'),
    {
      'no cnf': withProof({ token: opaque({ token_type: 'DPoP' }) }),
      'another cnf': withProof({
        token: opaque({ token_type: 'DPoP', cnf: { 'x5t#S256': KEY.thumbprint } }),
      }),
    },
    both,
  ),
  ...each(
    ['7662-16'],
    'refuses an unbound opaque token with the scheme DPoP',
    withDpop(invalidToken('wrong_scheme'), 'DPoP'),
    { 'with a proof': withProof({ token: opaque({}) }) },
    both,
  ),
]
