import type { Advice } from './refusal-facts.ts'

const ANOTHER_PROOF =
  'In the client: create a proof for each request, with the method, the address and the token of the request (RFC 9449 section 4.2).'

/** Advice on tokens that are bound to a key or a certificate, and on their proofs. */
export const getBindingAdvice = () =>
  ({
    unsupported_binding: [
      {
        when: ({ explanation: { expected } }) => expected === 'an unbound token, or a request',
        advice:
          'In your code: pass the request to verify: verify(token, { request }). Without the request, it is unknown whether the caller has the key or the certificate of the token.',
      },
      {
        found: 'a token bound to a DPoP key (jkt)',
        advice:
          'In the options of this API: set dpop to accept such tokens. Or, in the client, request a token without a DPoP proof.',
      },
      {
        found: 'a token bound to a client certificate (x5t#S256)',
        advice:
          'In the options of this API: set mtls to accept tokens that are bound to a client certificate.',
      },
      {
        found: 'DPoP',
        advice:
          'At the authorization server: write cnf.jkt into introspection responses about bound tokens (RFC 9449 section 6.2).',
      },
      'In the client: request an unbound token, or a token with a kind of binding that this API checks.',
    ],
    unbound_token: [
      {
        when: ({ explanation: { expected } }) => /cnf\.jkt|to a key$/.test(expected),
        advice:
          'In the client: request a token that is bound to a key. To get one, send a proof in the header DPoP of the token request.',
      },
      {
        when: ({ explanation: { expected } }) =>
          /cnf\.x5t|^a token that is bound to a certificate$/.test(expected),
        advice:
          'In the client: request a token that is bound to the certificate of the client. To get one, present the certificate to the token endpoint. At the authorization server, certificate-bound tokens must be enabled for this client.',
      },
      'In the client: request a token that is bound to a key or a certificate. This API does not accept other tokens.',
    ],
    no_certificate: [
      {
        found: 'a header of a peer that is not one of trustedProxies',
        advice:
          'In the options of this API: add the address of your proxy to mtls.certificate.trustedProxies if the request came through this proxy. Otherwise the client has sent the header itself.',
      },
      {
        found: 'a malformed certificate',
        advice:
          'In the options of this API: check that mtls.certificate.format is the format of your proxy, and that the proxy sends one certificate.',
      },
      {
        found: 'several header lines',
        advice: 'In the proxy: replace the header of the client instead of adding another line.',
      },
      {
        found: 'a connection without TLS',
        advice:
          'In the options of this API: if TLS ends at a proxy, set mtls.certificate to the header in which the proxy sends the certificate.',
      },
      'In the client: send the certificate with which the token was requested. In the TLS server: request this certificate (in Node: requestCert: true, rejectUnauthorized: false).',
    ],
    wrong_certificate: [
      'In the client: use the certificate with which the token was requested. After a renewal of the certificate, request a new token.',
    ],
    wrong_scheme: [
      {
        found: 'the scheme Bearer',
        advice:
          "In the client: send 'Authorization: DPoP <token>' and a proof in the header DPoP. The token is bound to a key.",
      },
      'In the client: request the token with a DPoP proof, or send it with the scheme Bearer. The token is not bound to a key.',
    ],
    wrong_proof_key: [
      'In the client: sign proofs with the key with which the token was requested. If the client has created a new key, request a new token.',
    ],
    no_proof: [
      'In the client: send a DPoP proof in the header DPoP. If the client already sends it, a proxy in front of this API removes the header.',
    ],
    invalid_proof: [
      {
        found: 'the same path after a prefix',
        advice:
          'In the options of this API: a proxy removes the beginning of the path. Add this beginning to publicUrl. Example: https://api.example.com/v1.',
      },
      {
        when: ({ explanation: { check } }) => check === 'DPoP htu',
        advice:
          'In the options of this API: publicUrl and the path of the request together must be the address that clients call. A proxy may change the path. If publicUrl is right, the client must write the complete address into htu.',
      },
      {
        when: ({ explanation: { check, found } }) =>
          check === 'DPoP iat' && found.startsWith('in '),
        advice:
          'In the client: compare its clock with the clock of this API (NTP). If the difference is small, raise dpop.clockTolerance.',
      },
      {
        when: ({ explanation: { check } }) => check === 'DPoP iat',
        advice:
          'In the client: create a new proof for each request, just before the request is sent. If the client already does this, compare its clock with the clock of this API (NTP).',
      },
      {
        when: ({ explanation: { check } }) => check === 'DPoP alg',
        advice:
          'In the client: use an algorithm that the challenge lists in algs. Or add the algorithm to dpop.algorithms.',
      },
      {
        when: ({ explanation: { check } }) => check === 'DPoP jwk',
        advice:
          'In the client: write the public key into the header of the proof, without private members.',
      },
      {
        found: 'several header lines',
        advice: 'In the client or a proxy: send one DPoP header.',
      },
      {
        found: 'several, joined by a comma',
        advice: 'In the client or a proxy: send one DPoP header with one proof.',
      },
      ANOTHER_PROOF,
    ],
    proof_used: [
      'In the client: create a new proof for each request, even for a repeated request. If the client already does this, someone else has sent a proof of this client.',
    ],
    nonce_required: [
      'In the client: repeat the request with the nonce of the header DPoP-Nonce in a new proof. Clients that support nonces do this automatically. For these clients, this refusal is normal.',
    ],
    replay_unavailable: [
      {
        found: 'full',
        advice:
          'At the replay store: give it more memory, or lower dpop.maxAge. For memoryReplay, raise maxEntries.',
      },
      {
        found: 'key_full',
        advice:
          'In the options of this API: if it is normal that one client sends so many requests, raise maxPerKey of memoryReplay.',
      },
      {
        found: 'unconfirmed',
        advice:
          'At the replay store: if found names an error, correct its cause. If it does not, check the replicas and their connections, or raise the timeout of redisReplay.',
      },
      {
        found: 'unsuitable',
        advice: 'At the replay store: set maxmemory-policy to noeviction.',
      },
      'At the replay store: check that the store runs, and that this API can reach it. The option dpop.whenReplayUnknown decides how the API responds until then.',
    ],
  }) satisfies Advice
