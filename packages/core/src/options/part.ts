/**
 * A part of a resource server that not every API needs: `advice`, `dpop`, `dynamicIssuers`, `introspection`, `mtls`, `providers` or
 * `signedMetadata`. A bundle contains only the parts that are imported.
 */
export interface Part {
  readonly name:
    | 'advice'
    | 'dpop'
    | 'dynamicIssuers'
    | 'introspection'
    | 'mtls'
    | 'providers'
    | 'signedMetadata'
  readonly content: unknown
}
