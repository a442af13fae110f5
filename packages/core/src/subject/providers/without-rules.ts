import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/**
 * Of servers where people, or an application that logs them in, choose the `sub`: a person may be called what
 * a client is called, and then the two tokens are the same. Only the operator can know that none is.
 */
const CHOSEN_SUBJECTS = {
  subjectsAreChosen: true,
  advice:
    "If no user's sub can be a client id here (give them different forms), set machineSubject: 'client_id'; else name the machines in machineClients.",
} as const

/** Every claim about a user comes from rules that the operator writes. No claim is known that marks an application. */
export const adfs: Profile = {
  source: 'Microsoft documentation: AD FS OAuth flows; access tokens that AD FS has issued',
  readOn: '2026-11',
  addressPattern: /^https?:\/\/[^/?#]+\/adfs(?:\/services\/trust|\/discovery\/keys)?$/,
  clientIdClaims: ['appid'],
  scopeSources: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Its tokens do not say it: name the machines in machineClients, by appid.',
}

/** Azure AD B2C: `scp` stands in machines' tokens too, and nothing tells them from users. */
export const b2c: Profile = {
  source: 'Microsoft documentation: client credentials flow in Azure AD B2C',
  readOn: '2026-11',
  issuerPattern: /^https:\/\/[\w-]+\.b2clogin\.com\/[\w.-]+\/v2\.0\/$/,
  clientIdClaims: ['azp', 'appid'],
  scopeSources: [{ claim: 'scp', format: 'string' }],
  rules: [],
  advice: 'Its tokens do not say it: name the machines in machineClients.',
}

/** There is never a `sub`, for anybody. */
export const doorkeeper: Profile = {
  source: 'Doorkeeper source: introspection',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}

/** The client is the audience, until another one is set: then a JWT names no client that could be relied on. */
export const graviteeAm: Profile = {
  source: 'Gravitee Access Management source',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  ...CHOSEN_SUBJECTS,
  advice: `Add client_id as a custom claim of the tokens. ${CHOSEN_SUBJECTS.advice}`,
}

export const hydra: Profile = {
  source: 'Ory Hydra and Ory Fosite source',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scp', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  ...CHOSEN_SUBJECTS,
}

/** Clients have an entry of their own, with a UUID and a name, just as people do. */
export const kanidm: Profile = {
  source: 'Kanidm source: introspection',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: [{ claim: 'scope', format: 'array' }],
  rules: [],
  advice: 'Its introspection responses do not say it: name the machines in machineClients.',
}

/** The `sub` is an attribute of the session: the login of a user, and for a client its client id. */
export const lemonldapNg: Profile = {
  source: 'LemonLDAP::NG source: client credentials grant, JWT access tokens, introspection',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  ...CHOSEN_SUBJECTS,
}

export const openiddict: Profile = {
  source: 'OpenIddict source',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  ...CHOSEN_SUBJECTS,
}

/** A JWT names no client, unless a token customizer adds it. */
export const springAs: Profile = {
  source: 'Spring Authorization Server source',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: [
    { claim: 'scope', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  ...CHOSEN_SUBJECTS,
  advice: `Add client_id with a token customizer. ${CHOSEN_SUBJECTS.advice}`,
}
