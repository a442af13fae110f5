import { CHOSEN_SUBJECTS } from '../chosen-subjects.ts'
import type { Profile } from '../profile.ts'

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
