// An ERP that exports CSV with semicolons, in an order of its own.
const stock = (bolts, nuts) => [`SKU-17;"Bolt; M8";${bolts};10`, `SKU-18;Nut M8;${nuts};25`];

export const days = [
  stock(12, 30),
  stock(3, 30).reverse(), // bolts run low
  stock(2, 30), // and lower: told already
  stock(40, 26), // bolts came in
  stock(40, 24), // nuts run low
  stock(9, 24), // bolts again
  stock(9, 24),
];

export const answer = (lines) => ({
  type: 'text/csv',
  body: ['sku;name;stock;reorder_level', ...lines, ''].join('\r\n'),
});
