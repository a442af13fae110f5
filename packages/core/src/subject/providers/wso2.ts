import type { Profile } from '../profile.ts'
import { SCOPE_STRING } from '../scope-source.ts'

export const wso2: Profile = {
  // Read in 2026-11: WSO2 Identity Server source: inbound OAuth authentication.
  clientIdClaims: ['client_id', 'azp'],
  scopeSources: SCOPE_STRING,
  rules: [
    {
      id: 'wso2.application',
      kind: 'machine',
      level: 'explicit',
      when: { aut: { is: ['APPLICATION', 'AGENT'] }, act: 'absent' },
    },
    {
      id: 'wso2.application_user',
      kind: 'user',
      level: 'explicit',
      when: { aut: { is: 'APPLICATION_USER' } },
    },
  ],
  advice: 'Use a version that writes the claim aut, or name the machines in machineClients.',
}
