import { introspectAgain } from './introspect-again.ts'
import { introspectToken } from './introspected-token.ts'
import { createIssuerIntrospection } from './introspection-of-issuer.ts'

/** The functions that introspect tokens. A resource server without introspection does not have them. */
export interface IntrospectionSteps {
  readonly createIssuerIntrospection: typeof createIssuerIntrospection
  readonly introspectToken: typeof introspectToken
  readonly introspectAgain: typeof introspectAgain
}

export const INTROSPECTION_STEPS: IntrospectionSteps = {
  createIssuerIntrospection,
  introspectToken,
  introspectAgain,
}
