import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const cognito: Profile = {
  // Read in 2026-11: AWS documentation on user pool tokens; source of aws-jwt-verify.
  arrayClaims: ['cognito:groups'],
  clientIdClaims: ['client_id'],
  scopeSources: SCOPE_STRING,
  tokenUse: { claim: 'token_use', value: 'access' },
  rules: [
    {
      id: 'cognito.client_subject',
      kind: 'machine',
      level: 'structural',
      when: {
        token_use: { is: 'access' },
        sub: { isClientId: true },
        username: 'absent',
        'cognito:groups': 'absent',
        origin_jti: 'absent',
      },
    },
    {
      id: 'cognito.username',
      kind: 'user',
      level: 'structural',
      when: { token_use: { is: 'access' }, username: 'present', sub: 'present' },
    },
  ],
  advice:
    'A pre token generation trigger must not add username or cognito:groups to tokens of machines.',
}
