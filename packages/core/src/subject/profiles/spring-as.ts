import { CHOSEN_SUBJECTS } from '../chosen-subjects.ts'
import type { Profile } from '../profile.ts'

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
