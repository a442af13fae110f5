/**
 * A part of a resource server that not every API needs: `advice`, `dynamicIssuers` or `introspection`. A bundle contains only the
 * parts that are imported.
 */
export interface Part {
  readonly name: 'advice' | 'dynamicIssuers' | 'introspection'
  readonly content: unknown
}
