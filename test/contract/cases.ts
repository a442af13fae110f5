// To test another token, add a case to one of the files below. Every adapter then runs this case.
import { audience } from './cases/audience.ts'
import { certificates } from './cases/certificates.ts'
import { claims } from './cases/claims.ts'
import { compactForm } from './cases/compact-form.ts'
import { credentials } from './cases/credentials.ts'
import { credentialsElsewhere } from './cases/credentials-elsewhere.ts'
import { dpop } from './cases/dpop.ts'
import { dpopChallenges } from './cases/dpop-challenges.ts'
import { dpopIntrospection } from './cases/dpop-introspection.ts'
import { header } from './cases/header.ts'
import { introspection } from './cases/introspection.ts'
import { issuersByFunctions } from './cases/issuers-by-functions.ts'
import { keys } from './cases/keys.ts'
import { requirements } from './cases/requirements.ts'
import { resourceMetadata } from './cases/resource-metadata.ts'
import { scopes } from './cases/scopes.ts'
import { signatures } from './cases/signatures.ts'
import { stepUp } from './cases/step-up.ts'
import { times } from './cases/times.ts'
import { tokenType } from './cases/token-type.ts'
import type { ContractCase } from './contract-case.ts'

/** The requests of the contract, and the outcome that every adapter must produce. */
export const CASES: readonly ContractCase[] = [
  ...credentials,
  ...credentialsElsewhere,
  ...compactForm,
  ...header,
  ...tokenType,
  ...keys,
  ...signatures,
  ...claims,
  ...audience,
  ...times,
  ...scopes,
  ...requirements,
  ...stepUp,
  ...resourceMetadata,
  ...introspection,
  ...certificates,
  ...issuersByFunctions,
  ...dpop,
  ...dpopChallenges,
  ...dpopIntrospection,
]
