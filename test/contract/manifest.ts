import { accessTokens } from './manifest/access-tokens.ts'
import { bearer, oauth21 } from './manifest/bearer.ts'
import { bestPractice } from './manifest/best-practice.ts'
import { certificates } from './manifest/certificates.ts'
import { dpop } from './manifest/dpop.ts'
import { authorizationDetails, exchange, securityPractice } from './manifest/exchange.ts'
import { introspection, signedIntrospection } from './manifest/introspection.ts'
import { jose } from './manifest/jose.ts'
import type { Line } from './manifest/line.ts'
import { mcp } from './manifest/mcp.ts'
import { resourceIndicators, resourceMetadata, serverMetadata } from './manifest/metadata.ts'
import { stepUp } from './manifest/step-up.ts'

/** The lines, grouped by series. */
export const SERIES: Readonly<Record<string, readonly Line[]>> = {
  bearer,
  oauth21,
  accessTokens,
  bestPractice,
  introspection,
  signedIntrospection,
  jose,
  exchange,
  authorizationDetails,
  securityPractice,
  dpop,
  certificates,
  resourceMetadata,
  stepUp,
  resourceIndicators,
  serverMetadata,
  mcp,
}

/** All requirements of the standards for an API that accepts bearer tokens. */
export const MANIFEST: readonly Line[] = Object.values(SERIES).flat()

/** Prefixes of ids of other standards. Tests may cite them, but need not cover all of them. */
export const OTHER_SUBJECTS: readonly string[] = ['FAPI-']
