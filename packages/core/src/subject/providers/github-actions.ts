import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** ID tokens of workflow runs. The claim `actor` names a person who is not the subject. */
export const githubActions: Profile = {
  // Read in 2026-11: GitHub documentation: OpenID Connect reference.
  isPublic: true,
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'repository_id' },
  rules: [
    {
      id: 'github-actions.run',
      kind: 'machine',
      level: 'structural',
      when: {
        iss: { is: 'https://token.actions.githubusercontent.com' },
        repository_id: 'present',
        run_id: 'present',
      },
    },
  ],
  advice: 'Only the tokens of workflow runs are supported.',
}
