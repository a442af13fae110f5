import type { Attack } from './attack.ts'
import { CLAIM_PATHS } from './claim-paths.ts'
import { CLAIMS } from './claims.ts'
import { CONFUSION } from './confusion.ts'
import { DPOP } from './dpop.ts'
import { DPOP_TRANSPORT } from './dpop-transport.ts'
import { DYNAMIC_ISSUERS } from './dynamic-issuers.ts'
import { ENCODING } from './encoding.ts'
import { JOSE_HEADER } from './jose-header.ts'
import { KEYS } from './keys.ts'
import { KINDS_OF_TOKENS } from './kinds.ts'
import { PARTS } from './parts.ts'
import { PAYLOAD } from './payload.ts'
import { RESOURCES } from './resources.ts'
import { RSA_PADDING } from './rsa-padding.ts'
import { SIGNATURE } from './signature.ts'
import { STEP_UP } from './step-up.ts'
import { SUBJECTS } from './subjects.ts'
import { TRANSPORT } from './transport.ts'

/** Every attack, grouped by its subject. */
export const CORPUS: readonly (readonly [subject: string, attacks: readonly Attack[]])[] = [
  ['transport', TRANSPORT],
  ['the JOSE header', JOSE_HEADER],
  ['encoding', ENCODING],
  ['the three parts', PARTS],
  ['signatures', SIGNATURE],
  ['RSA paddings', RSA_PADDING],
  ['public keys as secrets', CONFUSION],
  ['keys and issuers', KEYS],
  ['issuers from functions', DYNAMIC_ISSUERS],
  ['claims', CLAIMS],
  ['paths of claims', CLAIM_PATHS],
  ['the claims set as a whole', PAYLOAD],
  ['kinds of tokens', KINDS_OF_TOKENS],
  ['machines and users', SUBJECTS],
  ['the resource and its scopes', RESOURCES],
  ['the authentication of the user', STEP_UP],
  ['proofs of possession', DPOP],
  ['the transport of proofs', DPOP_TRANSPORT],
]
