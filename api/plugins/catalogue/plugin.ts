import { gatherConfig } from 'postgraphile/graphile-build';
import { rememberConstraint } from '../../error-fields.ts';
import { ARGUMENTS } from './arguments.ts';
import { readComment } from './comments.ts';

/** Of what PostGraphile makes of the catalogue, what is completed here. */
interface Completed {
  description?: string | undefined;
  values?: readonly { value: string; description?: string | undefined }[];
  attributes?: Record<string, { description?: string }>;
  arrayOfCodec?: Completed;
  isAnonymous?: boolean;
}

interface Parameter {
  name: string | null;
  extensions?: { description?: string };
}

/** The column of the returned row that an argument sets: it is described once. */
const columnOf = (codec: Completed | undefined, name: string): string | undefined =>
  name === 'id' ? undefined : (codec?.attributes ?? codec?.arrayOfCodec?.attributes)?.[name]?.description;

/**
 * What the comments of the database say of arguments and of enum values. An argument that its function says nothing of (`@arg`) means
 * what the column of the same name of the returned row does, or what arguments of that name mean everywhere (arguments.ts).
 */
export const CommentsPlugin: GraphileConfig.Plugin = {
  name: 'CommentsPlugin',
  version: '1.0.0',
  gather: gatherConfig({
    hooks: {
      pgIntrospection_constraint(_info, { entity }) {
        // those of domains are of no table
        const columns = entity.getClass() && entity.getAttributes()?.map(({ attname }) => attname);
        if (columns) rememberConstraint(entity.conname, columns);
      },
      pgCodecs_PgCodec(_info, { pgCodec, pgType }) {
        if (pgType.typtype !== 'e') return;
        const codec = pgCodec as Completed;
        const { text, parts } = readComment(codec.description);
        codec.description = text;
        for (const value of codec.values ?? []) value.description = parts.get(value.value);
      },
      pgProcedures_PgResourceOptions(_info, { resourceOptions, pgProc }) {
        const resource = resourceOptions as unknown as Completed & {
          codec: Completed;
          parameters?: readonly Parameter[];
        };
        const { text, parts } = readComment(resource.description);
        if (text) resource.description = text;
        // of a function that returns a table, its columns
        if (resource.codec.isAnonymous) {
          resource.codec.description = text;
          for (const [name, column] of Object.entries(resource.codec.attributes ?? {}))
            column.description ??= parts.get(name) ?? '';
        }
        for (const parameter of resource.parameters ?? []) {
          const name = parameter.name ?? '';
          const description =
            parts.get(name) ??
            ARGUMENTS[`${pgProc.proname}.${name}`] ??
            columnOf(resource.codec, name) ??
            ARGUMENTS[name];
          if (description) parameter.extensions = { ...parameter.extensions, description };
        }
      },
    },
  }),
};
