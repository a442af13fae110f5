// A token that is accepted and should not be, or refused and should not be, is one row more in the
// table of its subject below: every adapter is held to it from then on.
import { claims } from './cases/claims.ts'
import { compactForm } from './cases/compact-form.ts'
import { credentials } from './cases/credentials.ts'
import { credentialsElsewhere } from './cases/credentials-elsewhere.ts'
import { header } from './cases/header.ts'
import { introspection } from './cases/introspection.ts'
import { keys } from './cases/keys.ts'
import { requirements } from './cases/requirements.ts'
import { scopes } from './cases/scopes.ts'
import { signatures } from './cases/signatures.ts'
import { times } from './cases/times.ts'
import { tokenType } from './cases/token-type.ts'
import type { ContractCase } from './contract-case.ts'

/** What every adapter has to do, request by request. */
export const CASES: readonly ContractCase[] = [
  ...credentials,
  ...credentialsElsewhere,
  ...compactForm,
  ...header,
  ...tokenType,
  ...keys,
  ...signatures,
  ...claims,
  ...times,
  ...scopes,
  ...requirements,
  ...introspection,
]
