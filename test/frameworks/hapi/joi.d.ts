/** The types of hapi name those of its validation library, which is not installed and not used here. */
declare module 'joi' {
  export type Root = unknown
  export type Schema = never
  export type ObjectSchema<_T> = never
  export type SchemaMap = never
  export type ValidationOptions = object
}
