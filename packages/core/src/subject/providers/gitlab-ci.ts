import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

/** ID tokens of CI jobs. `user_email` names the person who pushed. The same issuer also signs tokens of users. */
export const gitlabCi: Profile = {
  // Read in 2026-11: GitLab documentation: ID tokens of CI jobs.
  isPublic: true,
  clientIdClaims: [],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'job_id' },
  rules: [
    {
      id: 'gitlab-ci.job',
      kind: 'machine',
      level: 'structural',
      when: { sub: { matches: /^project_path:/ }, project_id: 'present', job_id: 'present' },
    },
  ],
  advice: 'Only the ID tokens of CI jobs are supported.',
}
