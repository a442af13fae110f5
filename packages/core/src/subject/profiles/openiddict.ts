import { CHOSEN_SUBJECTS } from '../chosen-subjects.ts'
import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const openiddict: Profile = {
  source: 'OpenIddict source',
  readOn: '2026-11',
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  rules: [],
  ...CHOSEN_SUBJECTS,
}
