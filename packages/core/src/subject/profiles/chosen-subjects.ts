import type { Profile } from '../profile.ts'

/**
 * Servers where people, or an application that logs them in, choose the `sub`: a person may be called what
 * a client is called, and then the two tokens are the same. Only the operator can know that none is.
 */
const readOn = '2026-11'
const advice =
  "If no user's sub can be a client id here (give them different forms), set machineSubject: 'client_id'; else name the machines in machineClients."

export const hydra: Profile = {
  source: 'Ory Hydra and Ory Fosite source',
  readOn,
  clientId: ['client_id'],
  scopes: [
    { claim: 'scp', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  subjectsAreChosen: true,
  advice,
}

/** A JWT names no client, unless a token customizer adds it. */
export const springAs: Profile = {
  source: 'Spring Authorization Server source',
  readOn,
  clientId: ['client_id'],
  scopes: [
    { claim: 'scope', format: 'array', form: 'jwt' },
    { claim: 'scope', format: 'string', form: 'introspection' },
  ],
  rules: [],
  subjectsAreChosen: true,
  advice: `Add client_id with a token customizer. ${advice}`,
}

export const openiddict: Profile = {
  source: 'OpenIddict source',
  readOn,
  clientId: ['client_id'],
  scopes: [{ claim: 'scope', format: 'string' }],
  rules: [],
  subjectsAreChosen: true,
  advice,
}

/** The client is the audience. */
export const graviteeAm: Profile = {
  source: 'Gravitee Access Management source',
  readOn,
  clientId: ['aud'],
  scopes: [{ claim: 'scope', format: 'string' }],
  rules: [],
  subjectsAreChosen: true,
  advice,
}
