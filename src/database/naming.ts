import { DefaultNamingStrategy } from 'typeorm';

/** `sourceUpdatedAt` in an entity is `source_updated_at` in the table. */
export class SnakeCaseNaming extends DefaultNamingStrategy {
  override tableName(className: string, given?: string): string {
    return given ?? snakeCase(className);
  }

  override columnName(property: string, given?: string, prefixes: string[] = []): string {
    return snakeCase([...prefixes, ''].join('_')) + (given ?? snakeCase(property));
  }

  override relationName(property: string): string {
    return snakeCase(property);
  }

  override joinColumnName(relation: string, referenced: string): string {
    return snakeCase(`${relation}_${referenced}`);
  }
}

export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
