// Imported before anything of Graphile's: it reads this variable when it is loaded, and complains when it is not set.
process.env.GRAPHILE_ENV ||= 'production';
