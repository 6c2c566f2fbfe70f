import { type PgResource, type PgSelectSingleStep, pgSelect } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';

/** The files of a message: what its attachments name, in one statement for all messages of a page. */
export const AttachedFilesPlugin: GraphileConfig.Plugin = extendSchema((build) => {
  const { sql, dataplanPg } = build;
  const { files } = build.pgResources as Record<string, PgResource>;
  if (!files) throw new Error('AttachedFilesPlugin needs the table of files.');
  const { uuid } = dataplanPg.TYPES;
  return {
    typeDefs: gql`
      extend type Message {
        """The files that its attachments name (fileId), as far as you may read them; at most 100, in their order."""
        files: [File!]!
      }
    `,
    objects: {
      Message: {
        plans: {
          files($source: Step) {
            const $message = $source as PgSelectSingleStep;
            const $attachments = $message.get('attachments');
            return pgSelect({
              resource: files,
              identifiers: [
                {
                  step: $message.get('workspace_id'),
                  codec: uuid,
                  matches: (alias) => sql`${alias}.workspace_id`,
                },
              ],
              from: {
                callback: ($select) => sql`app_hidden.attached_files(${$select.placeholder($attachments)})`,
              },
            });
          },
        },
      },
    },
  };
}, 'AttachedFilesPlugin');
