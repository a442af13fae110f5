import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { PUBLIC_KEY_ALGORITHMS } from '../../../../test/support/keys.ts'
import { readRequirements } from '../../src/authorization/read-requirements.ts'
import type { IssuerSettings } from '../../src/model/settings.ts'
import { getProfile } from '../../src/subject/providers.ts'
import type { SubjectSettings, SubjectStatements } from '../../src/subject/context.ts'

/** Returns the settings of an issuer for which only `issuer` and `audience` are configured, with these changes. */
export function createSettings(changes: Partial<IssuerSettings> = {}): IssuerSettings {
  const settings: IssuerSettings = {
    issuer: ISSUER,
    metadataIssuer: changes.issuer ?? ISSUER,
    tenant: undefined,
    audiences: [AUDIENCE],
    isAudienceDerived: false,
    onlyAudience: false,
    audienceRequiredFrom: undefined,
    allowedClients: undefined,
    keyOrigin: { kind: 'discovery' },
    algorithms: { algorithms: PUBLIC_KEY_ALGORITHMS, named: false },
    tokenFormat: 'jwt',
    introspection: undefined,
    jwtProfile: undefined,
    acceptedTypes: [],
    tokenUse: undefined,
    clientIdClaims: ['client_id'],
    scopeSources: [{ claim: 'scope', format: 'string' }],
    subjects: {},
    clockTolerance: 5,
    maxTokenAge: undefined,
    ...changes,
  }
  return { ...settings, subjects: toSubjectSettings(settings.subjects) }
}

/** Adds the profile of the provider, with its rules. */
export function toSubjectSettings(statements: SubjectStatements): SubjectSettings {
  const { provider } = statements
  return { ...statements, profile: provider && getProfile(provider) }
}

/** Reads the requirements of a guard, for static issuers only. */
export function readForStatic(given: readonly unknown[], issuers: readonly IssuerSettings[]) {
  const isDynamic = (_name: unknown): _name is string => false
  return readRequirements(given, { static: issuers, hasDynamic: false, isDynamic })
}
