import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** Supabase Auth. It issues tokens only to users. */
export const supabase: Profile = {
  // Read in 2026-11: Supabase Auth source.
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'session_id' },
  rules: [
    {
      id: 'supabase.session',
      kind: 'user',
      level: 'structural',
      when: { role: { is: 'authenticated' }, session_id: 'present', sub: 'present' },
    },
  ],
  advice: 'Supabase issues tokens to users only.',
}
