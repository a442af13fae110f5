import { CHOSEN_SUBJECTS } from '../chosen-subjects.ts'
import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

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
